import { library } from '@unroll/tsup-config';

export default library({
  entry: { cli: 'src/cli.ts' },
  platform: 'node',
  // What the apps share is part of each.
  noExternal: ['@unroll/app-kit'],
  dts: { resolve: ['@unroll/app-kit', /^\./] },
});
