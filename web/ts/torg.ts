// The one script of the pages. Everything works without it; with it, numbers change
// in place, the clock counts, and a few keys are short cuts.
import { format } from "./format";
import { startClock, type Beat } from "./clock";
import { refresh } from "./refresh";
import { keys } from "./keys";
import { readouts, theme } from "./small";

interface Frame extends Beat {
  version: string;
  values: Record<string, number>;
}

const body = document.body;
const lang = body.dataset.lang ?? "ru";
const live = document.getElementById("live");
const liveText = document.getElementById("live-text");
const pause = document.getElementById("pause");
let stream: EventSource | undefined;
let version = "";
let paused = false;

function say(state: "fresh" | "paused" | "lost"): void {
  if (!live || !liveText) return;
  live.className = "live " + state;
  liveText.textContent = body.dataset[state] ?? "";
}

// Values replace numbers where nothing else of the page changes.
function show(values: Record<string, number>): void {
  for (const el of document.querySelectorAll<HTMLElement>("[data-value]")) {
    const v = values[el.dataset.value ?? ""];
    if (v === undefined) continue;
    const text = format(lang, v, Number(el.dataset.digits ?? 0));
    if (el.textContent !== text) el.textContent = text;
  }
}

function take(f: Frame): void {
  show(f.values);
  clock(f);
  if (version !== "" && version !== f.version) refresh(() => paused);
  version = f.version;
}

function open(): void {
  if (stream || paused || document.hidden || !body.dataset.stream) return;
  stream = new EventSource(body.dataset.stream);
  stream.onmessage = (e) => {
    say("fresh");
    take(JSON.parse(e.data) as Frame);
  };
  stream.onerror = () => {
    say("lost");
    if (stream?.readyState === EventSource.CLOSED) refresh(() => paused); // refused: the page will say why
  };
}

function close(): void {
  stream?.close();
  stream = undefined;
}

const clock = startClock(() => paused);

// A hidden page holds no connection; it catches up when it is looked at again.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));

if (pause && body.dataset.stream) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = (paused ? pause.dataset.on : pause.dataset.off) ?? "";
    if (paused) {
      close();
      say("paused");
    } else {
      open();
    }
  });
}

keys();
theme();
readouts();
open();
