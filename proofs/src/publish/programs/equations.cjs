// The LSTM's equations on plain numbers, to compare with: nothing of the library is used here.
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** One sequence of vectors through one cell; W are rows of numbers, gates i, f, g, o one below the other. */
exports.lstm = (sequence, { weight_ih, weight_hh, bias_ih, bias_hh }) => {
  const size = weight_hh[0].length;
  let h = Array(size).fill(0);
  let c = Array(size).fill(0);
  return sequence.map((x) => {
    const dot = (row, vector) => row.reduce((sum, weight, i) => sum + weight * vector[i], 0);
    const sums = weight_ih.map((row, r) => dot(row, x) + bias_ih[r] + dot(weight_hh[r], h) + bias_hh[r]);
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => sums.slice(gate * size, (gate + 1) * size));
    c = c.map((old, j) => sigmoid(f[j]) * old + sigmoid(i[j]) * Math.tanh(g[j]));
    h = c.map((value, j) => sigmoid(o[j]) * Math.tanh(value));
    return h;
  });
};

/** Runs the library's LSTM on random input, and fails unless its outputs are those of the equations. */
exports.compare = ({ LstmCell, scan }, { Rng }) => {
  const rng = new Rng(7);
  const cell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng });
  const xs = rng.normal([1, 6, 3]);
  const [ys, final] = scan(cell, xs);

  const rows = (tensor, width) => {
    const numbers = Array.from(tensor.dataSync());
    return Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
  };
  const expected = exports.lstm(rows(xs, 3), {
    weight_ih: rows(cell.weight_ih.value, 3),
    weight_hh: rows(cell.weight_hh.value, 4),
    bias_ih: Array.from(cell.bias_ih.value.dataSync()),
    bias_hh: Array.from(cell.bias_hh.value.dataSync()),
  });
  const actual = [...rows(ys, 4), ...rows(final.h, 4)].flat();
  const wanted = [...expected, expected.at(-1)].flat();
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - actual[i])));
  if (actual.length !== wanted.length || !(worst < 1e-6)) throw new Error(`The outputs differ by ${worst}.`);
};
