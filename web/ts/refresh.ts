// What is more than a number comes from the server again: the page fetches itself
// and changes the regions that differ. What is being used stays as it is.
declare const trustedTypes: { createPolicy(name: string, rules: object): { createHTML(s: string): string } } | undefined;

const policy =
  typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy("torg", { createHTML: (s: string) => s });
const quiet = 1500; // ms between two refreshes, so that fast time does not flicker
let timer: number | undefined;
let last = 0;

export function refresh(paused: () => boolean): void {
  if (timer !== undefined) return;
  timer = window.setTimeout(async () => {
    timer = undefined;
    last = performance.now();
    if (!paused()) await again(paused);
  }, Math.max(100, quiet - (performance.now() - last)));
}

async function again(paused: () => boolean): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (answer?.redirected && new URL(answer.url).pathname === "/login") return location.reload(); // the session has ended
  if (!answer?.ok || paused()) return;
  const html = await answer.text();
  const fresh = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  for (const old of document.querySelectorAll<HTMLElement>("[data-region]")) {
    const now = fresh.getElementById(old.id);
    if (!now || inUse(old)) continue;
    keep(old, now);
    if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
  }
  const said = document.getElementById("said");
  const trouble = document.querySelector("#health .bad")?.textContent ?? "";
  if (said && said.textContent !== trouble) said.textContent = trouble;
}

// A region with the focus, the pointer's selection or an open readout is left alone.
function inUse(el: HTMLElement): boolean {
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.anchorNode && el.contains(selection.anchorNode)) return true;
  return el.contains(document.activeElement) || el.querySelector(".hit:hover") !== null;
}

// keep carries over what the reader opened and how far a table was scrolled.
function keep(old: HTMLElement, now: HTMLElement): void {
  for (const d of old.querySelectorAll<HTMLDetailsElement>("details[open]")) {
    now.querySelector(`#${CSS.escape(d.id)}`)?.setAttribute("open", "");
  }
  const was = [...old.querySelectorAll<HTMLElement>(".scroll")].map((s) => [s.scrollLeft, s.scrollTop]);
  queueMicrotask(() => {
    old.querySelectorAll<HTMLElement>(".scroll").forEach((s, i) => {
      if (was[i]) [s.scrollLeft, s.scrollTop] = was[i] as [number, number];
    });
  });
}
