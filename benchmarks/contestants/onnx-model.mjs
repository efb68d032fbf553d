// Writes the character LSTM as an ONNX file: the few fields of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 that it takes.

const FLOAT = 1;
const INT64 = 7;

const varint = (value) => {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
};
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const content = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
};

const tensor = (name, shape, data) =>
  Buffer.concat([
    ...shape.map((length) => number(1, length)),
    number(2, data instanceof Float32Array ? FLOAT : INT64),
    bytes(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);

const value = (name, type, shape) => {
  const dimensions = Buffer.concat(shape.map((length) => bytes(1, number(1, length))));
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, Buffer.concat([number(1, type), bytes(2, dimensions)])))]);
};

const integerAttribute = (name, value) => Buffer.concat([bytes(1, name), number(3, value), number(20, 2)]);

const node = (type, inputs, outputs, attributes = {}) =>
  Buffer.concat([
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, integerAttribute(name, value))),
  ]);

/**
 * A step of greedy generation: `symbol` int64 [1, 1], `h` and `c` [1, 1, hidden] → `best` int64 [1, 1], `h_next`, `c_next`.
 * The weights are for column vectors, with the gates in the order i, o, f, c.
 */
export function charModelFile({ hidden, symbols }, { input, recurrent, bias, output, outputBias }) {
  const identity = new Float32Array(symbols * symbols);
  for (let i = 0; i < symbols; i++) identity[i * symbols + i] = 1;
  const nodes = [
    node('Gather', ['identity', 'symbol'], ['x']),
    node('LSTM', ['x', 'W', 'R', 'B', '', 'h', 'c'], ['', 'h_next', 'c_next'], { hidden_size: hidden }),
    node('Squeeze', ['h_next', 'first'], ['y']),
    node('Gemm', ['y', 'output', 'output_bias'], ['logits']),
    node('ArgMax', ['logits'], ['best'], { axis: 1 }),
  ];
  const graph = Buffer.concat([
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, 'char-lstm'),
    bytes(5, tensor('identity', [symbols, symbols], identity)),
    bytes(5, tensor('W', [1, 4 * hidden, symbols], input)),
    bytes(5, tensor('R', [1, 4 * hidden, hidden], recurrent)),
    bytes(5, tensor('B', [1, 8 * hidden], bias)),
    bytes(5, tensor('first', [1], new BigInt64Array([0n]))),
    bytes(5, tensor('output', [hidden, symbols], output)),
    bytes(5, tensor('output_bias', [symbols], outputBias)),
    bytes(11, value('symbol', INT64, [1, 1])),
    bytes(11, value('h', FLOAT, [1, 1, hidden])),
    bytes(11, value('c', FLOAT, [1, 1, hidden])),
    bytes(12, value('best', INT64, [1, 1])),
    bytes(12, value('h_next', FLOAT, [1, 1, hidden])),
    bytes(12, value('c_next', FLOAT, [1, 1, hidden])),
  ]);
  const opset = number(2, 17);
  return Buffer.concat([number(1, 8), bytes(7, graph), bytes(8, opset)]);
}
