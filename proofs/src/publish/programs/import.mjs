import * as cells from '@unroll/cells';
import * as tensor from '@unroll/tensor';
import { compare } from './equations.cjs';

compare(cells, tensor);
