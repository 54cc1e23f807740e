// Any other result: its fields as lists and tables, so that every command has a page.

function genericPage(result) {
  const lists = [], simple = [];
  for (const [name, value] of Object.entries(result)) {
    if (['schema', 'schema_version', 'command', 'measured_at'].includes(name)) continue;
    if (Array.isArray(value) && value.length && value.every(v => v && typeof v === 'object' && !Array.isArray(v))) lists.push([name, value]);
    else simple.push([name, value]);
  }
  return {
    sentence: ['tacho ' + String(result.schema).replace('tacho.', ''), result.command || ''],
    about: aboutOf(result),
    tabs: [{id: 'result', title: 'Result', build: panel => {
      if (simple.length) panel.append(part('In short', fieldList(Object.fromEntries(simple))));
      for (const [name, rows] of lists) panel.append(objectsPart(name, rows));
    }}],
  };
}

/** What was measured, as far as a result says it. */
function aboutOf(result) {
  const machine = result.machine || {};
  return [[(result.network && result.network.name) || result.network || '', ''],
    [result.batch_size ? 'batch ' + result.batch_size + (result.dtype ? ', ' + result.dtype : '') : '', ''],
    [machine.model || machine.processor || result.processor || '', result.threads ? text.count(result.threads, 'thread') : ''], [dateOf(result), '']]
    .filter(([main]) => typeof main === 'string' && main);
}

function fieldList(object) {
  return el('dl', {class: 'facts-list'}, Object.entries(object).map(([name, value]) => [el('dt', {}, text.words(name)), el('dd', {}, shownField(name, value))]));
}

function shownField(name, value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return text.named(name, value);
  if (Array.isArray(value)) return value.length > 12 ? text.count(value.length, 'value') : value.map(v => typeof v === 'object' ? JSON.stringify(v) : String(v)).join(', ');
  if (typeof value === 'object') return fieldList(value);
  return String(value);
}

/** A table of objects with a column for each field. */
function objectsPart(name, rows) {
  const fields = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const columns = fields.map(field => {
    const number = rows.every(row => row[field] === undefined || row[field] === null || typeof row[field] === 'number');
    const flat = value => value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
    return {id: field, title: text.words(field), number, value: row => flat(row[field]),
      show: row => row[field] === undefined ? '' : number ? text.named(field, row[field]) : shownField(field, flat(row[field]))};
  });
  return part(text.words(name), el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': text.words(name)},
    dataTable({caption: text.words(name), columns, rows}).element));
}
