// A stand-in for amoCRM's loader: gives the script of a widget what it uses of a card.
(() => {
  "use strict";
  const { area, card, language } = document.body.dataset;
  const path = "/sandbox/amocrm/get/widget";
  let Widget = null;
  let token = null;

  window.AMOCRM = {
    data: { current_card: { id: Number(card), element_type: area === "lcard" ? 2 : 1 } },
    constant: () => ({}),
    notifications: { add_error: (error) => console.error(error.text) },
  };
  window.define = (names, make) => {
    Widget = make(...names.map((name) => console.error(`no module ${name}`)));
  };
  window.define.amd = {};

  const json = async (address) => (await fetch(address, { cache: "no-store" })).json();

  async function authorized(options) {
    token ??= (await json("/sandbox/amocrm/get/token")).token;
    const reply = await fetch(options.url, {
      method: options.method,
      headers: { "X-Auth-Token": token, "X-Requested-With": "XMLHttpRequest" },
    });
    const body = await reply.json();
    return { ok: reply.ok, status: reply.status, body };
  }

  // what amoCRM adds to the prototype of a widget
  const methods = (texts, version) => ({
    i18n: (block) => texts[block],
    system: () => ({ area, subdomain: "edudemo", domain: "amocrm.ru" }),
    get_settings: () => ({ path, version, active: "Y", widget_code: "leadgate" }),
    get_version: () => version,
    set_status: () => {},
    render_template: ({ render }) => document.getElementById("widget").insertAdjacentHTML("beforeend", render),
    $authorizedAjax: (options) => {
      const done = [];
      const fail = [];
      authorized(options).then(
        (reply) => (reply.ok ? done : fail).forEach((then) => then(reply.ok ? reply.body : { status: reply.status, responseJSON: reply.body })),
        () => fail.forEach((then) => then({ status: 0 })),
      );
      const request = {
        done: (then) => { done.push(then); return request; },
        fail: (then) => { fail.push(then); return request; },
      };
      return request;
    },
  });

  async function start() {
    const [manifest, texts] = await Promise.all([json(`${path}/manifest.json`), json(`${path}/i18n/${language}.json`)]);
    const script = document.createElement("script");
    script.src = `${path}/script.js?v=${manifest.widget.version}`;
    script.onload = () => {
      Object.assign(Widget.prototype, methods(texts, manifest.widget.version));
      const { callbacks } = new Widget();
      // each is called only if the one before has returned true
      ["render", "init", "bind_actions"].every((name) => callbacks[name]() === true);
    };
    document.body.append(script);
  }
  start();
})();
