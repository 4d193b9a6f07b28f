// Tells the portal's page that the installation is finished (its frame's protocol: the command, a key
// for the answer, and the number of the frame). The portal then reloads its page.
(() => {
  "use strict";
  const { origin, sid, finish } = document.body.dataset;
  if (window.parent === window || !origin || !sid) {
    return;
  }
  const send = () => window.parent.postMessage(`setInstallFinish:leadgate:${sid}`, origin);
  document.getElementById("finish")?.addEventListener("click", send);
  if (finish === "now") {
    send();
  }
})();
