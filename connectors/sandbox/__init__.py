"""Both providers simulated over real HTTP: the default of a fresh install, and what every test and benchmark talks to."""
