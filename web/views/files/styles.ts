import { css } from 'lit';

export const styles = css`
  :host { display: block; container-type: inline-size; }
`;
