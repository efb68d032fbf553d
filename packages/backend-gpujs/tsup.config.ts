import { library } from '@unroll/tsup-config';

export default library();
