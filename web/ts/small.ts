// theme switches the appearance in place; the link behind it does the same with a
// new page.
export function theme(): void {
  const link = document.getElementById("theme") as HTMLAnchorElement | null;
  link?.addEventListener("click", (e) => {
    e.preventDefault();
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    const label = dark ? link.dataset.dark : link.dataset.light;
    link.setAttribute("aria-label", label ?? "");
    link.title = label ?? "";
    void fetch(`/help?theme=${root.dataset.theme}`);
  });
}

// readouts tell the values of the bucket under the pointer or finger below a chart.
export function readouts(): void {
  for (const kind of ["pointerover", "pointerdown"]) {
    document.addEventListener(kind, (e) => {
      const hit = e.target as Element;
      const tip = hit.getAttribute?.("data-tip");
      if (!tip) return;
      const out = hit.closest("figure")?.querySelector("[data-readout]");
      if (out) out.textContent = tip;
    });
  }
}
