'use strict';
// What every part of the page uses: elements, numbers as text, hints, copying. All text from the result goes in as text,
// never as markup.

/** An element: el('td', {class: 'number', title: 't'}, 'text', child, ...). Functions become listeners. */
function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (name === 'style') Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) if (child !== undefined && child !== null && child !== '') element.append(child);
  return element;
}

/** A long name that may go on in the next line behind + and _; it copies as it is. */
function breakable(name) {
  return el('span', {}, name.split(/(?<=[+_])/).flatMap((part, i) => i ? [el('wbr'), part] : [part]));
}

const text = {
  /** 12548 -> "12,548". */
  integer: value => Math.round(value).toLocaleString('en-US'),
  /** Three significant digits, without exponent. */
  short(value) {
    const size = Math.abs(value);
    if (size < 1e6 && Number.isInteger(value)) return text.integer(value);
    if (size >= 1e6) return (value / 1e6).toFixed(size >= 1e8 ? 0 : size >= 1e7 ? 1 : 2) + ' M';
    return size >= 1000 ? text.integer(value) : size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1)
        : size >= 1 ? value.toFixed(2) : size >= 0.001 ? value.toFixed(3) : value.toExponential(1);
  },
  /** Nanoseconds as milliseconds, without the unit: two places, three under 1 ms. */
  ms: (ns, of) => (ns / 1e6).toFixed((of === undefined ? Math.abs(ns) : of) < 1e6 ? 3 : 2),
  /** Nanoseconds with the unit that suits them. */
  time(ns) {
    const size = Math.abs(ns);
    return size >= 1e10 ? (ns / 1e9).toFixed(1) + ' s' : size >= 1e9 ? (ns / 1e9).toFixed(2) + ' s'
        : size >= 1e6 ? text.short(ns / 1e6) + ' ms' : size >= 1e3 ? text.short(ns / 1e3) + ' µs' : Math.round(ns) + ' ns';
  },
  bytes(bytes) {
    const size = Math.abs(bytes);
    return size >= 1e9 ? text.short(bytes / 1e9) + ' GB' : size >= 1e6 ? text.short(bytes / 1e6) + ' MB'
        : size >= 1e3 ? text.short(bytes / 1e3) + ' kB' : bytes + ' B';
  },
  /** A share of 0..1: "86 %", "7.1 %", "0.52 %". */
  percent(share) {
    const value = share * 100, size = Math.abs(value);
    return (size >= 10 || value === 0 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : value.toFixed(2)) + ' %';
  },
  /** one, many: "1 step", "5 steps". */
  count: (n, one, many) => text.integer(n) + ' ' + (n === 1 ? one : many || one + 's'),
  /** "time_share" -> "time share": a field's name in words. */
  words: name => String(name).replace(/_ns$/, '').replace(/(^|_)g?flop_per_s$/, '$1rate').replace(/(^|_)bytes_per_s$/, '$1bandwidth').replace(/_/g, ' '),
  /** A named number, by what its name says about its unit. */
  named(name, value) {
    if (typeof value !== 'number') return String(value);
    if (/(^|_)ns$/.test(name)) return text.time(value);
    if (/(share|_over_|mfu|hfu)/.test(name)) return text.percent(value);
    if (/flop_per_s$/.test(name)) return /gflop/.test(name) ? text.short(value) + ' GFLOP/s' : text.short(value / 1e9) + ' GFLOP/s';
    if (/bytes_per_s$/.test(name)) return text.short(value / 1e9) + ' GB/s';
    if (/bytes/.test(name)) return text.bytes(value);
    return Number.isInteger(value) ? text.integer(value) : text.short(value);
  },
};

/** Integers in proportion to parts with the sum total: the largest remainders are rounded up, so columns add up. */
function closeTo(parts, total) {
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum <= 0) return parts.map(() => 0);
  const exact = parts.map(part => part / sum * total), floors = exact.map(Math.floor);
  let left = total - floors.reduce((a, b) => a + b, 0);
  const order = exact.map((value, i) => [value - floors[i], i]).sort((a, b) => b[0] - a[0]);
  for (const [, i] of order) if (left-- > 0) ++floors[i];
  return floors;
}

/** Shows lines beside the element while it is pointed at or has the focus. */
function hint(element, lines) {
  const box = document.getElementById('hint');
  const show = () => {
    box.replaceChildren(...[].concat(typeof lines === 'function' ? lines() : lines).map(line => el('div', {}, line)));
    box.hidden = false;
    const at = element.getBoundingClientRect(), own = box.getBoundingClientRect();
    const left = Math.min(Math.max(4, at.left + at.width / 2 - own.width / 2), window.innerWidth - own.width - 4);
    const above = at.top - own.height - 6;
    box.style.left = left + 'px';
    box.style.top = (above > 4 ? above : at.bottom + 6) + 'px';
  };
  const hide = () => { box.hidden = true; };
  for (const type of ['mouseenter', 'focus']) element.addEventListener(type, show);
  for (const type of ['mouseleave', 'blur']) element.addEventListener(type, hide);
  return element;
}

/** A button that copies what `content()` returns. Pages opened from a file have no clipboard interface everywhere. */
function copyButton(label, content, title) {
  const button = el('button', {type: 'button', class: 'copy', title, click: async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(content());
    } catch (error) {
      const area = document.body.appendChild(el('textarea', {class: 'hidden-text'}));
      area.value = content();
      area.select();
      done = document.execCommand('copy');
      area.remove();
    }
    button.textContent = done ? 'copied' : 'not copied';
    setTimeout(() => { button.textContent = label; }, 1200);
  }}, label);
  return button;
}

/** A command to copy, shown as it is typed. */
function commandLine(command) {
  return el('span', {class: 'command'}, el('code', {}, command), copyButton('copy', () => command, 'Copy this command'));
}

/** A titled part of a panel. */
function part(title, ...children) {
  return el('section', {class: 'part', 'aria-label': title}, el('h2', {}, title), ...children);
}
