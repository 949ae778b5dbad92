// The ring and the seconds to the next gate. The market's time may run faster than
// ours; between frames it is carried on at the market's own speed.
export interface Beat {
  time: string;
  speed: number;
  opened: string;
  gate1: string;
  gate2: string;
  start: string;
}

export function startClock(paused: () => boolean): (b: Beat) => void {
  const ring = document.getElementById("ring");
  const count = document.getElementById("count");
  let beat: Beat | undefined;
  let heard = 0;

  function tick(): void {
    if (!beat || paused() || !ring || !count) return;
    const now = Date.parse(beat.time) + (performance.now() - heard) * beat.speed;
    const opened = Date.parse(beat.opened);
    const start = Date.parse(beat.start);
    const done = Math.min(1, Math.max(0, (now - opened) / (start - opened)));
    ring.setAttribute("stroke-dasharray", `${(100 * done).toFixed(1)} 100`);
    const next = (["gate1", "gate2", "start"] as const).find((k) => Date.parse(beat![k]) > now);
    let text = count.dataset.next ?? "";
    if (next) {
      const left = Math.ceil((Date.parse(beat[next]) - now) / 1000);
      text = `${count.dataset[next]} ${left}\u00a0${count.dataset.second}`;
    }
    if (count.textContent !== text) count.textContent = text;
  }

  setInterval(tick, 1000);
  return (b) => {
    beat = b;
    heard = performance.now();
    tick();
  };
}
