"""The figures of docs/benchmarks.md, measured on a real service: `python -m benchmarks`.

    idle         memory of a service that nobody uses
    rest         latency of lists
    studio       pages of Studio where there is much of everything
    uploads      1 GB in blocks, as the browser and as REST sends it: memory of the API and MB/s
    live         live sessions: how many at real time, their delays and memory, what disturbs them
    adaptation   from POST to Succeeded of a model made of text
    batch        an hour of audio, beside PocketSphinx as the library comes
    wer          word error rates of base and custom models
    acoustic     an hour of speech to adapt to; WER and time beside sphinxtrain
    ngrams       estimation of n-gram models, beside KenLM's lmplz
    g2p          phones of held-out words of the packaged lexicon
    phrases      phrase lists at run time: ready when, heard how often

Each figure is a module with a function `measure(run) -> Iterator[Table]`; it starts the service that a user starts, and
talks to it as a user's program does. What they share: `service`, `watch` (memory and computing time), `speech` (the
recordings), `conversations` (what is spoken live), `line` (a client that speaks), `sessions` (several of them),
`training` (a model and what it cost), `report` (tables and the machine). `soak` is no figure: it passes or fails.

Times are wall seconds, the median of the repetitions; CPU seconds stand beside them. Memory is the proportional set
size (PSS) summed over processes: pages that several of them share are counted once. 1 MB is 1,000,000 bytes.
"""
