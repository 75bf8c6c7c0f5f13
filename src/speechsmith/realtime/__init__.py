"""Live recognition over a WebSocket, as the Speech SDKs speak it: messages and states, without a socket."""
