"use strict";
// Before anything is drawn: what needs scripts has its place from the beginning, and nothing moves later.
document.documentElement.classList.add("con-script");
if (new URLSearchParams(location.search).has("incorpora")) document.documentElement.classList.add("incorporata");
