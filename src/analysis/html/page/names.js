// Names and colours of kinds, phases and accounts. The colours are Okabe and Ito's, which people with any colour vision
// tell apart; what is no work is also striped.
const names = {
  kind: {product: 'products', index: 'index\u00a0manipulation', pooling: 'pooling', activation: 'activations', bias: 'biases',
    normalization: 'normalisation', loss: 'loss', update: 'update', other: 'other\u00a0kernels', outside: 'outside\u00a0kernels'},
  phase: {forward: 'forward kernels', backward: 'backward kernels', update: 'update kernels', none: 'other kernels'},
  account: {dispatch: 'dispatch', sync: 'waiting for others', input: 'waiting for input',
    communication: 'communication', profiler: 'profiler', idle: 'idle'},
};

/** The name of a kind, phase or account; an unknown one (of a later version) stands for itself. */
function nameOf(group, key) {
  return (names[group] || {})[key] || text.words(key);
}

/** The class that colours it: style.css has one for each known name. */
function colorOf(group, key) {
  return key in (names[group] || {}) ? 'c-' + group + '-' + key : 'c-kind-other';
}
