// What Swagger leaves out for those who do not see or point: names for its parts and for the choice of servers, and no
// link inside a button.

const REGIONS = { ".information-container": "About the API", ".scheme-container": "Server and authorization" };

function mend() {
  for (const [place, name] of Object.entries(REGIONS)) {
    const part = document.querySelector(place);
    part?.setAttribute("role", "region");
    part?.setAttribute("aria-label", name);
  }
  document.getElementById("servers")?.setAttribute("aria-label", "Server");
  for (const link of document.querySelectorAll("button a[href]")) link.removeAttribute("href");
}

mend();
new MutationObserver(mend).observe(document.getElementById("swagger-ui"), { childList: true, subtree: true });
