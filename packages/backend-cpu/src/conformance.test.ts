import { describeBackend } from '@unroll/backend/conformance';
import { cpu } from './backend.ts';

describeBackend('cpu', () => cpu());
