// A line plot of the last seconds on a canvas: one scale from zero, a line for each series.

const colours = ['--a', '--b'];

export class Plot {
  #canvas; #series; #seconds; #format; #wanted = false;

  constructor(canvas, { seconds = 30, series = 1, format }) {
    this.#canvas = canvas;
    this.#seconds = seconds;
    this.#format = format;
    this.#series = Array.from({ length: series }, () => []);
    // A canvas has the pixels of the screen, not of the style sheet.
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.width *= ratio;
    canvas.height *= ratio;
    this.#draw();
  }

  add(index, value, time = performance.now()) {
    const points = this.#series[index];
    points.push({ time, value });
    while (points.length > 1 && points[1].time < time - this.#seconds * 1000) points.shift();
    if (!this.#wanted) {
      this.#wanted = true;
      requestAnimationFrame(() => { this.#wanted = false; this.#draw(); });
    }
  }

  values(index) { return this.#series[index].map(point => point.value); }

  #draw() {
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);
    const scale = globalThis.devicePixelRatio || 1;
    const top = 18 * scale;
    const now = performance.now();
    const largest = Math.max(1e-9, ...this.#series.flat().map(point => point.value)) * 1.05;
    context.clearRect(0, 0, width, height);
    context.font = `${12 * scale}px system-ui, sans-serif`;
    context.lineWidth = scale;
    context.strokeStyle = style.getPropertyValue('--line');
    context.fillStyle = style.getPropertyValue('--soft');
    for (let i = 0; i <= 2; i++) {
      const y = Math.round(top + (height - top - scale) * i / 2) + 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
    }

    if (this.#series.some(points => points.length > 0)) context.fillText(this.#format(largest), 2 * scale, 13 * scale);
    this.#series.forEach((points, index) => {
      context.strokeStyle = style.getPropertyValue(colours[index]);
      context.lineWidth = 1.8 * scale;
      context.beginPath();
      points.forEach(({ time, value }, i) => {
        const x = width * (1 - (now - time) / (this.#seconds * 1000));
        const y = top + (height - top - scale) * (1 - value / largest);
        if (i === 0) context.moveTo(x, y); else context.lineTo(x, y);
      });
      context.stroke();
    });
  }
}
