import { describeSettings } from '@unroll/app-kit/settings-suite';
import { run } from '../../test/terminal.ts';

describeSettings(run, ['--pairs', '300', '--hidden', '8', '--embedding', '8', '--batch', '8', '--steps', '2']);
