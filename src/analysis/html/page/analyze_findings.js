// Findings: as cards what would save time, with what to change and its command; in a few lines what is right as it is,
// and what to leave alone.

function findingsPart(model) {
  const findings = model.result.findings || [];
  const grouped = group => findings.filter(finding => (finding.group || 'change') === group);
  const cards = changeCards(model, grouped('change'));
  const section = part('Findings: what you can change', cards.length
    ? el('ol', {class: 'cards', tabindex: '0', 'aria-label': 'Findings: what you can change'}, cards)
    : el('p', {}, 'Nothing you can switch or change saves time here.'),
    kernelLines(model, grouped('kernels')), rightLines(model, grouped('right')), aloneLine(model, grouped('leave_alone')));
  // "more" only where something is cut off, which is known once the page stands.
  requestAnimationFrame(() => section.querySelectorAll('.card').forEach(card => {
    const sentence = card.querySelector('p');
    card.querySelector('.more').hidden = sentence.scrollHeight <= sentence.clientHeight + 1 && sentence.clientHeight > 0;
  }));
  return section;
}

/** What a finding gives: a gain of a switch or a batch, or the most that there is. */
function gainOf(finding, model) {
  const gain = finding.estimated_gain_ns;
  if (!gain) return finding.no_estimate ? el('span', {}, 'no estimate: ' + finding.no_estimate) : '';
  if (finding.gain_basis === 'bound') {
    return hint(el('span', {class: 'bound'}, 'at most ', el('b', {}, '−' + text.ms(gain.high, model.wall) + ' ms (−' + text.percent(gain.high / model.wall) + ')')),
      ['If all of it were gone. Bounds overlap: they do not add up.']);
  }
  if (finding.gain_basis !== 'run') return el('span', {class: 'gain'}, 'saves ', el('b', {}, gainText(gain, model.wall)));
  return hint(el('span', {class: 'gain'}, 'saves ', el('b', {}, gainText(gain, model.wall)), ' per ' + text.count(model.result.batch_size, 'example')),
    ['Measured: steps of both batches in turn.', ...(finding.batch_size > model.result.batch_size
      ? ['A larger batch updates less often; tacho sweep --over batch --until accuracy=0.9 measures the time to an accuracy.'] : [])]);
}

function changeCards(model, findings) {
  const asks = finding => finding.switch ? finding.switch.name + '=' + finding.switch.value : finding.batch_size ? 'batch ' + finding.batch_size : '';
  return findings.map((finding, i) => {
    const sentence = el('p', {class: 'clipped'}, finding.text);
    const more = el('button', {type: 'button', class: 'link more', 'aria-expanded': 'false', click: () => {
      const open = sentence.classList.toggle('clipped') === false;
      more.textContent = open ? 'less' : 'more';
      more.setAttribute('aria-expanded', String(open));
    }}, 'more');
    const earlier = asks(finding) ? findings.findIndex(other => asks(other) === asks(finding)) : i;
    const evidence = Object.entries(finding.evidence || {}).slice(0, 2).map(([name, value]) =>
      el('span', {class: 'evidence'}, text.words(name) + ' ', el('b', {}, text.named(name, value))));
    return el('li', {class: 'card'},
      el('div', {class: 'do'}, el('b', {class: 'rank'}, String(i + 1)), el('b', {class: 'change'}, earlier < i ? 'As ' + (earlier + 1) : upperFirst(finding.change || '')),
        earlier < i ? '' : gainOf(finding, model)),
      finding.asks === 'network' ? el('span', {class: 'other-network'}, 'Changes the network, and with it its results.') : '',
      el('div', {class: 'say'}, sentence, more),
      el('div', {class: 'facts'}, earlier < i || !finding.command ? '' : commandLine(finding.command), evidence));
  });
}

function upperFirst(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** What only better kernels would give: one number, and a line each for who writes kernels. */
function kernelLines(model, findings) {
  if (!findings.length) return '';
  const most = model.result.advice.kernels_at_most_ns;
  return el('div', {class: 'kernels-only'}, el('h3', {}, 'Only faster kernels would give, all at their floors: at most ',
    el('b', {}, '−' + text.ms(most, model.wall) + ' ms (−' + text.percent(most / model.wall) + ')')), el('ul', {}, findings.map(finding => {
    const gain = finding.estimated_gain_ns;
    return hint(el('li', {tabindex: '0'}, upperFirst(finding.change), gain ? [': all of them at most ', el('b', {}, '−' + text.ms(gain.high, model.wall) + ' ms')] : ''),
      [finding.text, finding.command]);
  })));
}

/** The alternatives that cost more, or save nothing that shows: how many in one line, behind it name and price of each; why, when it is
    pointed at. */
function rightLines(model, findings) {
  if (!findings.length) return '';
  return el('details', {class: 'right'}, el('summary', {}, 'Already right: ' + text.count(findings.length, 'alternative') +
    (findings.length === 1 ? ' costs more, or shows' : ' cost more, or show') + ' no difference'), el('ul', {}, findings.map(finding => {
    const gain = finding.estimated_gain_ns, cost = -middle(gain);
    const what = finding.switch ? finding.switch.name + '=' + finding.switch.value : 'batch-size=' + finding.batch_size;
    const price = gain.high >= 0 ? 'no difference shows' : '+' + text.ms(cost, model.wall) + ' ms (+' + text.percent(cost / model.wall) + ')';
    return hint(el('li', {tabindex: '0'}, el('code', {}, what), ' ', el('b', {}, price)), [finding.text, finding.command]);
  })));
}

function aloneLine(model, findings) {
  return findings.length ? el('p', {class: 'alone'}, findings.map(finding => finding.rule === 'leave_alone' ? finding.text
    : 'Too small to look at: ' + upperFirst(finding.change) + ' (at most ' + text.percent(finding.estimated_gain_ns.high / model.wall) + ').').join(' ')) : '';
}
