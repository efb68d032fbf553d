import { library } from '@unroll/tsup-config';

export default library({ entry: { cli: 'src/cli.ts' }, platform: 'node' });
