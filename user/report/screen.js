/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for the page again while somebody looks at it, and takes over what changed. Without this the page is what it was when it was loaded. */
(function () {
  "use strict";
  var every = 3000, timer = 0;
  var filter = document.getElementById("filter"), said = document.getElementById("said"), matches = document.getElementById("matches");

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  function apply() {
    var wanted = filter ? filter.value.toLowerCase() : "", rows = document.querySelectorAll("#rows > tr"), shown = 0;
    rows.forEach(function (row) {
      row.hidden = wanted !== "" && row.textContent.toLowerCase().indexOf(wanted) < 0;
      if (!row.hidden) shown++;
    });
    if (matches) matches.textContent = wanted === "" ? "" : shown + " of " + rows.length + " rows";
  }

  function take(text) {
    // the body alone: the head's style bears the nonce of another page, which this one's policy would complain of
    var body = text.slice(text.indexOf("<body>"), text.lastIndexOf("<script "));
    var fresh = new DOMParser().parseFromString(body, "text/html");
    document.querySelectorAll("[data-live]").forEach(function (old) {
      var now = fresh.getElementById(old.id);
      if (now && now.innerHTML !== old.innerHTML) old.replaceChildren.apply(old, Array.from(now.childNodes));
    });
    apply();
    say("");
  }

  function later() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, every);
  }

  function refresh() {
    fetch(location.pathname, { cache: "no-store", credentials: "omit" }).then(function (answer) {
      if (!answer.ok) throw new Error("the guard answered " + answer.status);
      return answer.text();
    }).then(take).catch(function () {
      say("The guard does not answer; what stands here is what it said last.");
    }).then(later);
  }

  document.addEventListener("visibilitychange", function () {
    clearTimeout(timer);
    if (!document.hidden) refresh();
  });
  if (filter) {
    document.getElementById("search").hidden = false;
    filter.addEventListener("input", apply);
  }
  later();
})();
