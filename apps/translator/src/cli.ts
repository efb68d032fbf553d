#!/usr/bin/env node
import { processTerminal } from '@unroll/app-kit/cli';
import { main } from './cli/main.ts';

process.exitCode = await main(process.argv.slice(2), processTerminal(new URL('../package.json', import.meta.url)));
