// A cell of a long list that becomes an inline-edit only when somebody wants to edit it.

type Htmx = { ajax(method: string, path: string, options: { target: Element; swap: string }): Promise<void> };

addEventListener("click", (event) => {
  const button = (event.target as HTMLElement).closest<HTMLElement>("[data-late]");
  if (!button) return;
  const cell = button.closest("td")!;
  const { htmx } = window as unknown as { htmx: Htmx };
  void htmx.ajax("GET", button.dataset.late!, { target: button, swap: "outerHTML" }).then(() => {
    cell.querySelector<HTMLElement & { open(): void }>("inline-edit")?.open();
  });
});
