#!/usr/bin/env node
import { main } from './cli/main.ts';
import { processTerminal } from './cli/process-terminal.ts';

process.exitCode = await main(process.argv.slice(2), processTerminal(new URL('../package.json', import.meta.url)));
