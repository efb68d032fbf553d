import { library } from '@unroll/tsup-config';

// Tensors work with `using`: whoever compiles against their types needs its declarations, whatever their `lib` is.
export default library({ dts: { banner: '/// <reference lib="esnext.disposable" />' } });
