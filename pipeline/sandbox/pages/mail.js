// The mail page: the list of letters, and one letter as text, as a mail program shows it, and as it travelled.
import { about, ask, element, keepFresh } from "/static/common.js";

const place = (id) => document.getElementById(id);
const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const views = ["Text", "HTML", "Headers", "Envelope"];
let listed = "";
let shown = null;
let view = "Text";
let isNarrow = false;

const numberInAddress = () => Number(location.hash.slice(1)) || null;

function drawList(letters) {
  place("none").hidden = letters.length > 0;
  place("letters").replaceChildren(
    ...letters.map((letter) =>
      element(
        "li",
        {},
        element(
          "a",
          { href: `#${letter.number}`, "aria-current": letter.number === numberInAddress() ? "true" : null },
          element("span", { className: "subject" }, letter.subject),
          element("span", { className: "to" }, letter.to),
          element("time", { dateTime: letter.received_at }, when.format(new Date(letter.received_at))),
          letter.match ? element("span", { className: "chip" }, letter.match) : null,
        ),
      ),
    ),
  );
}

function drawLetter(letter) {
  shown = letter;
  const facts = element("dl", { className: "facts" });
  for (const [name, value] of letter.shown.filter(([name]) => name !== "Subject")) {
    facts.append(element("dt", {}, name), element("dd", {}, value));
  }
  if (letter.attachments.length) facts.append(element("dt", {}, "Attached"), element("dd", {}, letter.attachments.join(", ")));
  const tabs = element("div", { className: "views", role: "tablist", "aria-label": "Ways to look at the letter" });
  const panel = element("div", { id: "panel", className: "panel", role: "tabpanel", tabIndex: 0 });
  const offered = views.filter((name) => name !== "HTML" || letter.has_html);
  if (!offered.includes(view)) view = "Text";
  for (const name of offered) {
    const tab = element("button", { type: "button", role: "tab", id: `view-${name}`, "aria-controls": "panel" }, name);
    tab.addEventListener("click", () => choose(name));
    tabs.append(tab);
  }
  tabs.addEventListener("keydown", (event) => {
    const goals = { ArrowRight: 1, ArrowLeft: -1 };
    if (!(event.key in goals)) return;
    event.preventDefault();
    choose(offered[(offered.indexOf(view) + goals[event.key] + offered.length) % offered.length]);
    tabs.querySelector('[aria-selected="true"]').focus();
  });
  const choose = (name) => {
    view = name;
    for (const tab of tabs.children) {
      const isChosen = tab.id === `view-${name}`;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `view-${name}`);
    panel.replaceChildren(...panels[name](letter));
  };
  const back = element("a", { href: "#", className: "back" }, "‹ All letters");
  place("letter").replaceChildren(back, element("h2", {}, letter.subject), facts, tabs, panel);
  choose(view);
}

const panels = {
  Text: (letter) => [
    letter.text ? element("pre", { className: "text" }, letter.text) : element("p", { className: "muted" }, "This letter has no text part."),
  ],
  HTML: (letter) => {
    const frame = element("iframe", { title: "The letter as a mail program shows it" });
    frame.setAttribute("sandbox", "");
    frame.src = `/mail/messages/${letter.number}/html`;
    const stage = element("div", { className: "stage" }, frame);
    const toggle = element("button", { type: "button", className: "quiet width" });
    const dressed = () => {
      stage.classList.toggle("narrow", isNarrow);
      toggle.setAttribute("aria-pressed", String(isNarrow));
      toggle.textContent = isNarrow ? "Show at full width" : "Show at phone width";
    };
    toggle.addEventListener("click", () => {
      isNarrow = !isNarrow;
      dressed();
    });
    dressed();
    return [element("p", { className: "tools" }, toggle), stage];
  },
  Headers: (letter) => [
    element("p", { className: "tools" }, element("a", { href: `/mail/messages/${letter.number}/raw` }, "Download the message as it came (.eml)")),
    element("pre", {}, letter.headers),
  ],
  Envelope: ({ envelope, received_at: received, number }) => {
    const facts = element("dl", { className: "facts" });
    const add = (name, ...values) => facts.append(element("dt", {}, name), ...values.map((value) => element("dd", {}, value)));
    add("MAIL FROM", `<${envelope.mail_from}>`);
    add("RCPT TO", ...envelope.rcpt_to.map((address) => `<${address}>`));
    if (envelope.options.length) add("Options", envelope.options.join(" "));
    add("Size", `${envelope.size.toLocaleString("en-GB")} bytes`);
    add("Taken", when.format(new Date(received)));
    add("Kept as", `number ${number}`);
    return [facts];
  },
};

async function showChosen() {
  const number = numberInAddress();
  document.body.classList.toggle("reading", number !== null);
  for (const link of place("letters").querySelectorAll("a")) {
    if (link.hash === `#${number}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (number === null || number === shown?.number) return;
  try {
    drawLetter(await ask(`/mail/messages/${number}`));
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  if (!shown) place("letter").replaceChildren(element("p", { className: "notice", role: "alert" }, error.message));
}

async function refresh() {
  await about();
  const letters = await ask("/mail/messages");
  const seen = JSON.stringify(letters);
  if (seen === listed) return;
  listed = seen;
  const focused = document.activeElement?.closest?.("#letters a")?.hash;
  drawList(letters);
  if (focused) place("letters").querySelector(`a[href="${focused}"]`)?.focus();
  const isWide = window.matchMedia("(min-width: 48rem)").matches;
  if (numberInAddress() === null && letters.length && isWide && !shown) {
    history.replaceState(null, "", `#${letters[0].number}`);
  }
  await showChosen();
}

window.addEventListener("hashchange", showChosen);
keepFresh(refresh, failed);
