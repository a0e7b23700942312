// Follows a job: at each server-sent event, htmx reloads the job's state. While the stream cannot be opened or is broken,
// the state is polled every two seconds.
(() => {
  const POLL = 2000;

  const follow = (place) => {
    const source = new EventSource(place.dataset.events);
    let timer = 0, over = false;
    const rest = () => { clearInterval(timer); timer = 0; };
    const ask = () => {
      if (place.isConnected) return htmx.trigger(place, "told");
      source.close();
      rest();
    };
    const poll = () => { timer ||= setInterval(ask, POLL); };
    source.addEventListener("open", rest);
    source.addEventListener("job", ask);
    source.addEventListener("error", () => {
      if (over) source.close();
      poll();
    });
    source.addEventListener("end", () => {
      over = true; // the server closes the stream after this event
      ask();
    });
  };

  // Screen readers announce a step when it changes, not each percent.
  const say = () => {
    const said = document.getElementById("step"), step = document.querySelector("[data-step]");
    if (said && step && said.textContent !== step.dataset.step) said.textContent = step.dataset.step;
  };

  const look = () => {
    for (const place of document.querySelectorAll("[data-events]:not([data-followed])")) {
      place.dataset.followed = "";
      follow(place);
    }
    say();
  };
  document.addEventListener("htmx:afterSettle", look);
  look();
})();
