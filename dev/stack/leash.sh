# Runs a command that must not outlive the process that started it.
#
#   sh leash.sh COMMAND ARGUMENT...      with the read end of a pipe as file descriptor 3
#
# The command takes this shell's place, so it keeps the pid that the starter knows. Beside it waits one
# tiny shell: a line on the pipe lets the command go; the pipe's end without a line means that the
# starter died, however it died, and then the command is killed (a frozen one too).
leashed=$$
(read -r _ <&3 || kill -9 "$leashed") >/dev/null 2>&1 &
exec "$@" 3<&-
