// What every page shares: making elements from text, asking the server, the count of letters.

/** An element with properties and children; strings become text, so nothing is ever read as markup. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The JSON behind a path of this server. Throws an Error whose message can be shown. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Error(`The sandbox answered ${answer.status} with something that is not JSON.`);
  }
  if (!answer.ok) throw new Error(value?.error?.message ?? `The sandbox answered ${answer.status}.`);
  return value;
}

/** What the sandbox says of itself; also fills in the count of letters and the command to run. */
export async function about() {
  const said = await ask("/sandbox.json");
  for (const badge of document.querySelectorAll("[data-letters]")) {
    badge.textContent = String(said.letters);
    badge.hidden = said.letters === 0;
  }
  for (const place of document.querySelectorAll("[data-command]")) place.textContent = said.command;
  return said;
}

/** Calls `work` now and then again and again while the page is seen; a failure is passed to `failed`. */
export function keepFresh(work, failed, everyMilliseconds = 1500) {
  const once = async () => {
    if (!document.hidden) {
      try {
        await work();
      } catch (error) {
        failed(error);
      }
    }
    window.setTimeout(once, everyMilliseconds);
  };
  once();
}
