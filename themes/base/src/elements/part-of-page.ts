// A list that htmx has drawn anew: whoever followed a link inside it stays there, and hears what it is now.
addEventListener("htmx:after:swap", (event) => {
  const { select } = (event as CustomEvent<{ ctx: { select?: string } }>).detail.ctx;
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost && select === "#listing") document.querySelector<HTMLElement>(select)?.focus({ preventScroll: true });
});
