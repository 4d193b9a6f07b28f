// The widget of leadgate in the cards of amoCRM. It asks leadgate for the state of the lead or
// contact and draws the answer. amoCRM adds its signed token to each request ($authorizedAjax); leadgate
// checks it, so this file contains no secret.
define([], function () {
  'use strict';

  // `leadgate amocrm widget` writes the address of the connection here
  var ADDRESS = '@ADDRESS@';
  // amoCRM numbers its areas by names; leadgate uses those of its hooks
  var ENTITIES = { lcard: 'leads', ccard: 'contacts' };
  // how often, and after what time, the card asks whether the delivery has ended
  var QUESTIONS = 15;
  var PAUSE = 2000;

  function element(tag, className, text) {
    var made = document.createElement(tag);
    made.className = className;
    // texts come from leadgate and may repeat what a person typed: never HTML
    made.textContent = text || '';
    return made;
  }

  function time(text, language) {
    var at = new Date(text);
    return isNaN(at) ? '' : at.toLocaleString(language);
  }

  function links(became) {
    var list = element('p', 'leadgate-became');
    became.forEach(function (record, index) {
      if (index > 0) {
        list.appendChild(document.createTextNode(', '));
      }
      if (/^https?:\/\//.test(record.url || '')) {
        var link = element('a', '', record.text);
        link.href = record.url;
        link.target = '_blank';
        link.rel = 'noopener noreferrer';
        list.appendChild(link);
      } else {
        list.appendChild(document.createTextNode(record.text));
      }
    });
    return list;
  }

  var CustomWidget = function () {
    var self = this;
    // the card that is drawn; a late answer about another one is dropped
    var drawn = null;
    var timer = null;
    // the history of the card: one list, which stays open while the state is drawn again
    var changes = null;

    function words() {
      return self.i18n('userLang');
    }

    // the card that is open: its entity and number; null for a card that is not saved yet
    function openCard() {
      var page = window.AMOCRM || window.APP;
      var current = page && page.data && page.data.current_card;
      var entity = ENTITIES[self.system().area];
      return entity && current && Number(current.id) > 0 ? entity + '/' + Number(current.id) : null;
    }

    function address() {
      var moved = String(self.get_settings().gateway || '').replace(/\/+$/, '');
      var path = ADDRESS.replace(/^https?:\/\/[^/]+/, '');
      return /^https:\/\//.test(moved) ? moved + path : ADDRESS;
    }

    function box() {
      return document.querySelector('.leadgate');
    }

    function ask(method, what, then) {
      var card = drawn;
      var url = address() + '/' + card + what + '?lang=' + words().code;
      self.$authorizedAjax({ url: url, method: method, dataType: 'json' })
        .done(function (answer) {
          if (card === drawn && box()) {
            then(answer);
          }
        })
        .fail(function (reply) {
          if (card === drawn && box()) {
            failed(reply && reply.responseJSON);
          }
        });
    }

    function failed(answer) {
      var text = (answer && answer.message) || words().unreachable;
      box().replaceChildren(element('p', 'leadgate-state leadgate-failed', text));
    }

    function load(questions) {
      clearTimeout(timer);
      ask('GET', '', function (answer) {
        draw(answer);
        if (answer.under_way && questions > 0) {
          timer = setTimeout(function () {
            load(questions - 1);
          }, PAUSE);
        }
      });
    }

    function draw(answer) {
      if (!answer.state) {
        box().replaceChildren(element('p', '', answer.message || words().nothing));
        return;
      }
      var language = words().code;
      var state = element('p', '');
      state.appendChild(element('span', 'leadgate-state leadgate-' + answer.state, answer.state_text));
      state.appendChild(element('span', 'leadgate-time', ' ' + time(answer.at, language)));
      var parts = [state];
      if (answer.became.length > 0) {
        parts.push(links(answer.became));
      }
      if (answer.why) {
        parts.push(element('p', 'leadgate-why', answer.why));
      }
      var send = element('button', 'leadgate-send', words().send);
      send.type = 'button';
      send.disabled = !answer.may_send;
      send.onclick = function () {
        send.disabled = true;
        send.textContent = words().sending;
        ask('POST', '/send', function () {
          load(QUESTIONS);
        });
      };
      var list = changes;
      var history = element('button', 'leadgate-history', list.hidden ? words().history : words().hide);
      history.type = 'button';
      history.onclick = function () {
        list.hidden = !list.hidden;
        history.textContent = list.hidden ? words().history : words().hide;
        showHistory(list);
      };
      showHistory(list);
      box().replaceChildren.apply(box(), parts.concat([send, history, list]));
    }

    // an open history shows what has happened meanwhile
    function showHistory(list) {
      if (list.hidden) {
        return;
      }
      ask('GET', '/history', function (answer) {
        fill(list, answer.changes);
      });
    }

    function fill(list, all) {
      var language = words().code;
      list.replaceChildren.apply(list, all.map(function (change) {
        var item = element('li', '');
        item.appendChild(element('div', '', change.event + ' · ' + change.state_text));
        item.appendChild(element('div', 'leadgate-time', time(change.received_at, language)));
        change.events.forEach(function (event) {
          item.appendChild(element('div', '', time(event.at, language) + ' ' + event.text));
        });
        return item;
      }));
      if (all.length === 0) {
        list.appendChild(element('li', '', words().no_history));
      }
    }

    function addStyle() {
      var settings = self.get_settings();
      var id = 'leadgate-style';
      if (!settings.path || document.getElementById(id)) {
        return;
      }
      var style = document.createElement('link');
      style.id = id;
      style.rel = 'stylesheet';
      style.href = settings.path + '/style.css?v=' + settings.version;
      document.head.appendChild(style);
    }

    this.callbacks = {
      render: function () {
        drawn = openCard();
        changes = element('ol', 'leadgate-changes');
        changes.hidden = true;
        if (!drawn) {
          // the settings window needs no drawing
          return self.system().area === 'settings';
        }
        addStyle();
        // amoCRM may draw a card again without removing the widget
        if (!box()) {
          self.render_template({
            caption: { class_name: 'leadgate-caption' },
            body: '',
            render: '<div class="leadgate"></div>'
          });
        }
        box().replaceChildren(element('p', '', words().loading));
        return true;
      },
      init: function () {
        return true;
      },
      bind_actions: function () {
        clearTimeout(timer);
        if (drawn) {
          load(QUESTIONS);
        }
        return true;
      },
      settings: function () {
        return true;
      },
      onSave: function () {
        return true;
      },
      destroy: function () {
        clearTimeout(timer);
        drawn = null;
      }
    };
    return this;
  };

  return CustomWidget;
});
