// Findings as cards: the sentence, two numbers, the gain where one was estimated, the command to copy.

function findingsPart(model) {
  const findings = model.result.findings || [];
  let number = 0;
  const cards = findings.map(finding => {
    const alone = finding.rule === 'leave_alone';
    const sentence = el('p', {class: 'clipped'}, finding.text);
    const more = el('button', {type: 'button', class: 'link more', 'aria-expanded': 'false', click: () => {
      const open = sentence.classList.toggle('clipped') === false;
      more.textContent = open ? 'less' : 'more';
      more.setAttribute('aria-expanded', String(open));
    }}, 'more');
    const evidence = Object.entries(finding.evidence || {}).slice(0, 2).map(([name, value]) =>
      el('span', {class: 'evidence'}, text.words(name) + ' ', el('b', {}, text.named(name, value))));
    const priced = finding.estimated_gain_ns, cost = priced && {low: -priced.high, median: -priced.median, high: -priced.low};
    const gain = priced && middle(priced) > 0 ? el('span', {class: 'gain'}, 'saves ', el('b', {}, gainText(priced, model.wall)))
      : priced ? el('span', {}, 'would cost ', el('b', {}, gainText(cost, model.wall, '+')))
      : finding.no_estimate ? el('span', {}, 'no estimate: ' + finding.no_estimate) : '';
    return el('li', {class: alone ? 'card alone' : 'card'},
      el('div', {class: 'say'}, alone ? '' : el('b', {class: 'rank'}, String(++number)), sentence, more),
      el('div', {class: 'facts'}, gain, alone ? '' : evidence, finding.command ? commandLine(finding.command) : ''));
  });
  const section = part('Findings: what to change', el('ol', {class: 'cards', tabindex: '0', 'aria-label': 'Findings'}, cards));
  // "more" only where something is cut off, which is known once the page stands.
  requestAnimationFrame(() => section.querySelectorAll('.card').forEach(card => {
    const sentence = card.querySelector('p');
    card.querySelector('.more').hidden = sentence.scrollHeight <= sentence.clientHeight + 1 && sentence.clientHeight > 0;
  }));
  return section;
}
