(() => {
  "use strict";
  let version = document.body.dataset.version;
  const keyed = (root) => new Set([...root.querySelectorAll("[data-key]")].map((it) => it.dataset.key));
  const scrolls = (root) => [...root.querySelectorAll("[data-scroll]")];

  function swap(fresh) {
    const old = document.querySelector("main");
    const next = fresh.querySelector("main");
    const before = keyed(old);
    const open = new Set([...old.querySelectorAll("details[open]")].map((it) => it.dataset.key));
    const places = new Map(scrolls(old).map((it) => [it.dataset.scroll, [it.scrollLeft, it.scrollTop]]));
    for (const it of next.querySelectorAll("[data-key]")) {
      if (!before.has(it.dataset.key)) it.classList.add("fresh");
      if (open.has(it.dataset.key)) it.open = true;
    }
    old.replaceWith(next);
    for (const it of scrolls(next)) {
      [it.scrollLeft, it.scrollTop] = places.get(it.dataset.scroll) ?? [0, 0];
    }
    document.querySelector(".top").replaceWith(fresh.querySelector(".top"));
  }

  async function look() {
    const busy = document.hidden || document.querySelector(".menu[open], iframe") || document.activeElement?.tagName === "INPUT";
    if (busy) return;
    try {
      const live = await (await fetch("/sandbox/live", { cache: "no-store" })).json();
      const gauge = document.querySelector(".gauge");
      if (gauge && live.full !== null) {
        gauge.style.setProperty("--full", live.full);
        gauge.querySelector("b").textContent = live.level;
      }
      if (live.version === version) return;
      version = live.version;
      const text = await (await fetch(location.href, { cache: "no-store" })).text();
      swap(new DOMParser().parseFromString(text, "text/html"));
    } catch {
      // The portal is away; the next look tells whether it is back.
    }
  }
  setInterval(look, 2000);
})();
