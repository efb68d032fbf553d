// A backend in the manner of NumPy: transposing, reversing, slicing, splitting, broadcasting and most reshaping copy nothing, they
// only look at the same array in another way.
import { type FilledBackend, UnrollError, allocate, dtypeOf, fillFrom, sizeOf } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { copied, kernels } from './kernels.ts';
import { Handle, fresh } from './view.ts';

/** The backend of strided views, for all dtypes; erf is borrowed from backend-cpu. */
export function strided(): FilledBackend {
  const downloadSync = (buffer: Parameters<typeof Handle.view>[0]) => copied(Handle.view(buffer)).data;
  const own = {
    name: 'strided',
    primitives: kernels,
    upload(data, { shape, dtype }) {
      if (dtypeOf(data) !== dtype)
        throw new UnrollError('DTYPE_MISMATCH', `strided: the array does not hold ${dtype}.`);
      if (data.length !== sizeOf(shape))
        throw new UnrollError('SHAPE_MISMATCH', 'strided: the array has another size.');
      const copy = allocate(dtype, data.length);
      copy.set(data);
      return new Handle(fresh({ shape, dtype }, copy));
    },
    download: async (buffer) => downloadSync(buffer),
    downloadSync,
    share: (buffer) => new Handle(Handle.view(buffer)),
    free: (buffer) => Handle.free(buffer),
  } satisfies Parameters<typeof fillFrom>[0];
  return fillFrom(own, cpu());
}
