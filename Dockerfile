# labelct on CPU and GPU alike: torch's wheels bring CUDA's libraries, the host brings the driver.
#   docker build -t labelct .
#   docker run --rm --gpus all --shm-size=8g --user "$(id -u):$(id -g)" -v "$PWD:/work" labelct run device=auto
FROM python:3.11-slim-bookworm

# torch.compile starts its kernels with a C compiler
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/labelct
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY labelct labelct
COPY conf conf
RUN pip install --no-cache-dir '.[launchers]' -c constraints.txt

# whoever runs the container, known to it or not, caches below HOME; torch asks for a name
ENV HOME=/tmp USER=labelct
RUN useradd --no-create-home labelct && mkdir /work && chown labelct /work
USER labelct
WORKDIR /work
ENTRYPOINT ["labelct"]
CMD ["--help"]
