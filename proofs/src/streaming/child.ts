// Reads one file with one reader, and says how many records there were and how much memory it took.
import { readings } from './readers.ts';

const [name, path] = process.argv.slice(2) as [string, string];
let heap = 0;
const watch = setInterval(() => {
  heap = Math.max(heap, process.memoryUsage().heapUsed);
}, 50);
const parts = await readings[name]!.read(path);
clearInterval(watch);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ parts, heap, resident: maxRSS * 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 }));
