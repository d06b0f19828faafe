/** Classic script in the head: the visitor's choice of larger letters or a lower page holds from the first paint. */
for (const choice of ["big", "low"]) {
  if (sessionStorage.getItem(`kakanai.${choice}`)) document.documentElement.classList.add(choice);
}
