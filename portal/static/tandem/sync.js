/* Pages of syncs: conveniences only. Without this file every form still works with its own button. */
"use strict";
{
    document.documentElement.classList.add("t-script");

    // A choice that decides what can be chosen next sends the form at once.
    document.addEventListener("change", (e) => {
        const wish = e.target.closest("[data-resend]");
        if (!wish || !wish.form) return;
        const button = wish.form.querySelector(`button[value="${wish.dataset.resend}"]`);
        wish.form.requestSubmit(button || undefined);
    });

    // The words below the arrows follow the chosen one.
    document.addEventListener("change", (e) => {
        const words = document.querySelector("[data-direction]");
        if (words && e.target.name === "direction" && e.target.type === "radio") words.textContent = e.target.parentElement.title;
    });

    // Parts that update by themselves wait while a menu in them is open or a control has the focus.
    document.addEventListener("htmx:beforeRequest", (e) => {
        const part = e.target;
        if (part.querySelector("details[open]") || (part.contains(document.activeElement) && document.activeElement !== document.body)) e.preventDefault();
    });

    // Select every record of the page.
    const all = document.querySelector("[data-select-all]");
    if (all) all.addEventListener("change", () => document.querySelectorAll("input[name=record]").forEach((box) => { box.checked = all.checked; }));
}
