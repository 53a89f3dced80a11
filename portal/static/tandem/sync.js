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

    // Choose: the counterpart, the usual direction and what is good to know follow the chosen object; the words below the arrows the chosen one.
    const object = document.getElementById("id_kind");
    if (object) {
        const form = object.form;
        const arrows = Array.from(form.querySelectorAll("input[name=direction]"));
        const follow = () => {
            const company = form.querySelector("[name=right]");
            const why = object.value === "invoice" && company ? (company.selectedOptions ? company.selectedOptions[0] : company).dataset.abroad : "";
            const reason = document.getElementById("abroad");
            if (!object.disabled) {
                reason.textContent = why;
                reason.hidden = !why;
                arrows.forEach((arrow) => { if ("outward" in arrow.dataset) arrow.disabled = Boolean(why); });
                if (why && arrows.some((arrow) => arrow.checked && arrow.disabled)) arrows.find((arrow) => !arrow.disabled).checked = true;
                document.getElementById("hubspot-object").value = object.value;
            }
            const chosen = arrows.find((arrow) => arrow.checked);
            document.querySelector("[data-direction]:not(option)").textContent = chosen ? chosen.parentElement.title : "";
            form.querySelectorAll("[data-kind]").forEach((part) => { part.hidden = part.dataset.kind !== object.value; });
            form.querySelectorAll("[data-way]").forEach((part) => { part.hidden = !chosen || (chosen.value !== "both" && chosen.value !== part.dataset.way); });
        };
        form.addEventListener("change", (e) => {
            if (e.target === object) arrows.forEach((arrow) => { arrow.checked = arrow.value === object.selectedOptions[0].dataset.direction; });
            follow();
        });
        follow();
    }

    // Parts that update by themselves wait while a menu in them is open or a control has the focus.
    document.addEventListener("htmx:beforeRequest", (e) => {
        const part = e.target;
        if (part.querySelector("details[open]") || (part.contains(document.activeElement) && document.activeElement !== document.body)) e.preventDefault();
    });

    // Select every record of the page.
    const all = document.querySelector("[data-select-all]");
    if (all) all.addEventListener("change", () => document.querySelectorAll("input[name=record]").forEach((box) => { box.checked = all.checked; }));
}
