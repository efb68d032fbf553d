"""PyTorch on the four workloads: the process of one contestant, which answers as serve.ts does.
Usage: python3 pytorch.py <weights folder> <task as JSON>"""
import ctypes, json, re, sys, time

MARK = '@bench '
# Seconds of work before the watch starts.
AWAKE = 0.1


def answer(value):
    sys.stdout.write('\n' + MARK + json.dumps(value) + '\n')
    sys.stdout.flush()


def blas():
    """The BLAS library in this process, and the kernels that it chose."""
    with open('/proc/self/maps') as maps:
        for path in sorted(set(re.findall(r'(/\S*blas\S*)', maps.read()))):
            library = ctypes.CDLL(path)
            if hasattr(library, 'openblas_get_corename'):
                library.openblas_get_corename.restype = ctypes.c_char_p
                return 'OpenBLAS ' + library.openblas_get_corename().decode()
    return 'BLAS of unknown make'


try:
    import numpy, torch
    import torch.nn as nn, torch.nn.functional as F

    folder, task = sys.argv[1], json.loads(sys.argv[2])
    torch.set_num_threads(1)
    sizes = json.load(open(folder + '/sizes.json'))

    def load(name, shape, kind='float32'):
        return torch.from_numpy(numpy.fromfile(folder + '/' + name + '.bin', kind).reshape(shape).copy())

    def set_lstm(lstm, name, inputs, hidden, suffix=''):
        """One bias vector: the second stays at zero and is not trained."""
        with torch.no_grad():
            getattr(lstm, 'weight_ih_' + suffix).copy_(load(name + '.input', (inputs, 4 * hidden)).t())
            getattr(lstm, 'weight_hh_' + suffix).copy_(load(name + '.hidden', (hidden, 4 * hidden)).t())
            getattr(lstm, 'bias_ih_' + suffix).copy_(load(name + '.bias', (4 * hidden,)))
            getattr(lstm, 'bias_hh_' + suffix).zero_()
        getattr(lstm, 'bias_hh_' + suffix).requires_grad_(False)

    def set_linear(linear, name):
        with torch.no_grad():
            linear.weight.copy_(load(name + '.weight', (linear.in_features, linear.out_features)).t())
            linear.bias.copy_(load(name + '.bias', (linear.out_features,)))

    def char_model():
        hidden, symbols, layers = sizes['hidden'], sizes['symbols'], sizes['layers']
        lstm, output = nn.LSTM(symbols, hidden, layers), nn.Linear(hidden, symbols)
        for i in range(layers):
            set_lstm(lstm, 'layers.%d' % i, hidden if i else symbols, hidden, 'l%d' % i)
        set_linear(output, 'output')
        return lstm, output

    def training():
        lstm, output = char_model()
        symbols, batch, steps = sizes['symbols'], sizes['batch'], sizes['time']
        parameters = [p for m in (lstm, output) for p in m.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(parameters, lr=sizes['learningRate'])
        x = F.one_hot(load('inputs', (steps, batch), 'int32').long(), symbols).float()
        y = load('targets', (steps * batch,), 'int32').long()

        def step():
            optimizer.zero_grad()
            loss = F.cross_entropy(output(lstm(x)[0]).view(-1, symbols), y)
            loss.backward()
            optimizer.step()
            return loss.item()
        return step, [step() for _ in range(task['checks'])]

    def generation():
        lstm, output = char_model()
        eye = torch.eye(sizes['symbols'])

        @torch.no_grad()
        def generate(length=sizes['time']):
            state, symbol, written = None, 1, []
            for _ in range(length):
                y, state = lstm(eye[symbol].view(1, 1, -1), state)
                symbol = int(output(y.view(1, -1)).argmax())
                written.append(symbol)
            return written
        return generate, generate(20)

    def tagging():
        inputs, hidden, tags = sizes['embedding'], sizes['hidden'], sizes['tags']
        embedding = nn.Embedding(sizes['words'], inputs)
        lstm, output = nn.LSTM(inputs, hidden, bidirectional=True), nn.Linear(2 * hidden, tags)
        with torch.no_grad():
            embedding.weight.copy_(load('embedding', (sizes['words'], inputs)))
        set_lstm(lstm, 'forward', inputs, hidden, 'l0')
        set_lstm(lstm, 'backward', inputs, hidden, 'l0_reverse')
        set_linear(output, 'output')
        parameters = [p for m in (embedding, lstm, output) for p in m.parameters() if p.requires_grad]
        x = load('inputs', (sizes['time'], sizes['batch']), 'int32').long()
        y = load('targets', (sizes['time'] * sizes['batch'],), 'int32').long()

        def step():
            for p in parameters:
                p.grad = None
            loss = F.cross_entropy(output(lstm(embedding(x))[0]).view(-1, tags), y)
            loss.backward()
            return loss.item()
        loss = step()
        return step, [loss, sum(float((p.grad.double() ** 2).sum()) for p in parameters) ** 0.5]

    run, check = {'W1': training, 'W2': training, 'W3': generation, 'W4': tagging}[task['workload']]()
    about = 'torch %s, one thread, %s' % (torch.__version__, blas())
    answer(dict(about=about, check=check))
    unit = float('inf')
    for line in iter(sys.stdin.readline, ''):
        times = int(line)
        # As in serve.ts.
        awake = time.perf_counter() + AWAKE
        while unit < AWAKE and time.perf_counter() < awake:
            run()
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(times):
            run()
        unit = (time.perf_counter() - wall) / times
        answer(dict(wall=unit * 1e3, cpu=(time.process_time() - cpu) * 1e3 / times))
except Exception as error:
    answer(dict(error=str(error)))
    sys.exit(1)
