"""What the command's exit codes mean. They are an interface."""

SUCCESS = 0
FAILED_CHECK = 1  # a layer that cannot be mapped, no feasible design; stdout closed early (broken pipe)
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count
