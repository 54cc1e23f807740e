// Bars made of buttons and boxes: they resize, print and can be reached by keyboard as they are.

/**
 * A bar in parts: [{name, value, color, lines, pick}]. `whole` is what the full width stands for; `pick` is called when
 * the part is chosen.
 */
function stackedBar(label, parts, whole, options) {
  const bar = el('div', {class: 'stack ' + ((options || {}).class || ''), role: 'group', 'aria-label': label});
  for (const piece of parts) {
    if (!(piece.value > 0)) continue;
    const share = piece.value / whole;
    const described = piece.name + ', ' + text.time(piece.value) + ', ' + text.percent(share);
    const box = el(piece.pick ? 'button' : 'span', {class: 'piece ' + piece.color, type: piece.pick ? 'button' : undefined,
      style: {flex: '0 0 ' + share * 100 + '%'}, 'aria-label': described, role: piece.pick ? undefined : 'img',
      click: piece.pick}, share > 0.07 ? el('span', {}, piece.short || piece.name) : '');
    hint(box, [described, ...(piece.lines || [])]);
    bar.append(box);
  }
  return bar;
}

/** What the colours of bars mean: [{name, color, note}]. */
function legend(entries) {
  return el('ul', {class: 'legend'}, entries.map(entry => el('li', {},
    el('span', {class: 'swatch ' + entry.color, 'aria-hidden': 'true'}), entry.name,
    entry.note ? el('span', {class: 'note'}, ' ' + entry.note) : '')));
}

/** One thin bar of a share of 0..1. */
function shareBar(share, color) {
  return el('span', {class: 'share', 'aria-hidden': 'true'},
    el('span', {class: color, style: {width: Math.min(100, share * 100) + '%'}}));
}
