// Looks at a page as it is laid out, and gives what is wrong with it in sentences.
(dark => {
  const wrong = [];
  const say = (what, of) => wrong.length < 20 && wrong.push(of === undefined ? what : `${what}: ${of}`);
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const start = text => JSON.stringify(text.trim().slice(0, 40));
  for (const closed of all('details')) closed.open = true;

  // Whatever stood in a text is a text.
  for (const made of all('script, img, iframe, object, embed, form, input, link, base, a')) say('a text has become markup', made.outerHTML);
  for (const element of all('*')) {
    for (const { name } of element.attributes) if (name.startsWith('on')) say('a text has become a handler', name);
  }
  if (globalThis.owned !== undefined) say('a text has run');

  // Nothing lies beside the page.
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) say('the page is too wide', `${root.scrollWidth} in ${root.clientWidth}`);
  if (document.body.getBoundingClientRect().height < 100) say('there is nothing on the page');
  // What an element has, or else the nearest around it: asked of each once.
  const inherited = own => {
    const known = new Map([[null, undefined]]);
    const of = element => {
      if (!known.has(element)) known.set(element, own(getComputedStyle(element)) ?? of(element.parentElement));
      return known.get(element);
    };
    return of;
  };
  const scrolls = inherited(style => style.overflowX !== 'visible' || undefined);
  for (const element of all('main *')) {
    const box = element.getBoundingClientRect();
    if (box.right > root.clientWidth + 1 && !scrolls(element)) say('sticks out', start(element.textContent));
  }

  // What may be scrolled within the page need not be where there is room.
  for (const part of all('.wide')) {
    if (root.clientWidth > 1200 && part.scrollWidth > part.clientWidth) say('has to be scrolled', `${part.scrollWidth} in ${part.clientWidth}, ${start(part.textContent)}`);
  }

  // Timelines: what was called when lies within its stage, and words within the drawing.
  for (const drawing of all('svg.timeline')) {
    const frame = drawing.getBoundingClientRect();
    const stages = all('rect.stage', drawing).map(stage => stage.getBoundingClientRect());
    const left = Math.min(...stages.map(stage => stage.left));
    if (stages.length === 0) say('a timeline without stages');
    for (const bar of all('rect.call, rect.wait, rect.pause, circle.cached', drawing)) {
      const box = bar.getBoundingClientRect();
      if (!(box.width > 0 && box.height > 0)) say('a bar that is not seen', bar.outerHTML);
      const within = stage => box.left >= stage.left - 3 && box.right <= stage.right + 3
        && box.top >= stage.top - 1 && box.bottom <= stage.bottom + 1;
      if (!stages.some(within)) say('a bar outside of its stage', bar.outerHTML);
    }
    for (const name of all('text.name', drawing)) {
      if (name.getBoundingClientRect().right > left) say('a name within the bars', name.textContent);
    }
    for (const words of all('text', drawing)) {
      const box = words.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1) say('words beside the drawing', words.textContent);
    }
    const rows = all('text.name', drawing).map(name => name.getBoundingClientRect());
    for (const [at, row] of rows.slice(1).entries()) if (row.top < rows[at].bottom - 4) say('rows upon each other');
  }

  // Bars and curves are there to be seen.
  for (const meter of all('.meter')) {
    const box = meter.getBoundingClientRect();
    if (!(box.height > 2)) say('a bar of no height', meter.outerHTML);
  }

  // Words can be read: WCAG 2.2, 1.4.3, level AA.
  const numbers = colour => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const painted = inherited(({ backgroundColor: colour }) => numbers(colour)[3] === 0 ? undefined : colour);
  const ground = element => painted(element) ?? 'rgb(255, 255, 255)';
  const below = light(ground(document.body));
  if (dark ? below > 0.1 : below < 0.9) say('not the colours that were asked for', ground(document.body));
  const dim = new Set();
  for (const element of all('main *')) {
    if (![...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
    if (element.getClientRects().length === 0 || element.localName === 'title') continue;
    const style = getComputedStyle(element);
    const colour = element.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(colour), light(ground(element.closest('svg') ?? element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const kind = `${element.localName}.${element.getAttribute('class') ?? ''}`;
    if (!(contrast >= 4.5) && !dim.has(kind)) {
      dim.add(kind);
      say(`hard to read, ${contrast.toFixed(1)} to 1`, `${kind} ${start(element.textContent)}`);
    }
  }
  return wrong;
})
