// A small menu that opens at a place, works with arrows and Escape, and gives the focus back.
import { element } from "/static/common.js";

let close = () => {};

/** `items`: [label, action] pairs, or null for a line between groups. */
export function openMenu(items, { x, y }, returnFocus) {
  close();
  const menu = element("div", { className: "menu", role: "menu" });
  const buttons = [];
  for (const item of items) {
    if (!item) {
      menu.append(element("div", { className: "rule", role: "separator" }));
      continue;
    }
    const [label, action] = item;
    const button = element("button", { type: "button", role: "menuitem", tabIndex: -1 }, label);
    button.addEventListener("click", () => {
      close();
      action();
    });
    buttons.push(button);
    menu.append(button);
  }
  document.body.append(menu);
  menu.style.left = `${Math.max(8, Math.min(x, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, window.innerHeight - menu.offsetHeight - 8))}px`;

  const step = (distance) => {
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + distance + buttons.length) % buttons.length].focus();
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close();
  };
  close = () => {
    close = () => {};
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    returnFocus();
  };
  menu.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) step(moves[event.key]);
    else if (event.key === "Home") buttons[0].focus();
    else if (event.key === "End") buttons.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", outside, true);
  buttons[0].focus();
}
