// Short cuts: g h home, g s sessions, / search, ? help. Never while somebody types.
export function keys(): void {
  let before = "";
  document.addEventListener("keydown", (e) => {
    const at = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) return;
    const two = before + e.key;
    before = e.key === "g" ? "g" : "";
    const to: Record<string, string> = { gh: "/", gs: "/sessions", "?": "/help" };
    const href = to[two] ?? to[e.key];
    if (href) {
      location.href = href;
    } else if (e.key === "/") {
      const find = document.getElementById("q");
      if (find) {
        e.preventDefault();
        find.focus();
      }
    }
  });
}
