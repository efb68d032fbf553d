/** Models compiled ahead of time, for `@unroll/runtime`. */
export { compileModel, type CompileModelOptions } from './compile-model.ts';
