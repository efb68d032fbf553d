/** All that an asynchronous generator yields, as an array: for texts that fit into memory. (`Array.fromAsync` of newer engines.) */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
