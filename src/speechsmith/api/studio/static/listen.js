// A player and the words that were heard in what it plays, in one row of a table: the word that sounds is marked, in
// the text of every model. A click on a word plays from there.
let watched = null;

const timed = (player) => player.closest("tr").querySelectorAll("[data-start]");

const follow = () => {
  if (!watched) return;
  const now = watched.currentTime;
  for (const word of timed(watched)) {
    word.classList.toggle("playing", Number(word.dataset.start) <= now && now < Number(word.dataset.end));
  }
  if (!watched.paused) requestAnimationFrame(follow);
};

const forget = (player) => {
  for (const word of timed(player)) word.classList.remove("playing");
};

// Events of players do not bubble, but they are caught on their way down.
document.addEventListener("play", ({ target }) => {
  if (watched && watched !== target) {
    watched.pause();
    forget(watched);
  }
  watched = target;
  follow();
}, true);
document.addEventListener("seeked", ({ target }) => target === watched && follow(), true);
document.addEventListener("ended", ({ target }) => forget(target), true);

document.addEventListener("click", ({ target }) => {
  const word = target.closest("[data-start]");
  const player = word?.closest("tr").querySelector("audio");
  if (!player) return;
  player.currentTime = Number(word.dataset.start);
  player.play();
});
