/* Carries the states of a model over from one inference to the next.
 *
 * Before the first inference and at every reset:  lstm_u32_t28_transfer_long_int8_state_c_reset(state_input);
 * after each inference:                           lstm_u32_t28_transfer_long_int8_state_c_carry(state_output, state_input);
 *
 * Rounds as the reference kernel of TensorFlow Lite's QUANTIZE; right shifts of negative numbers are arithmetic.
 */
#ifndef LSTM_U32_T28_TRANSFER_LONG_INT8_STATES_H
#define LSTM_U32_T28_TRANSFER_LONG_INT8_STATES_H

#include <stddef.h>
#include <stdint.h>

/* state_c_out: scale 0.213064432, zero point -15
 * state_c_in: scale 0.198747501, zero point -7 */
enum { lstm_u32_t28_transfer_long_int8_state_c_size = 32 };

static inline int8_t lstm_u32_t28_transfer_long_int8_state_c_rescale(int8_t value)
{
    int64_t scaled = ((int64_t)value - (-15)) * ((int64_t)1 << 1);
    scaled = (scaled * INT64_C(1151089654) + (INT64_C(1) << 30)) >> 31;
    scaled += -7;
    if (scaled < INT8_MIN) {
        return INT8_MIN;
    }
    return scaled > INT8_MAX ? INT8_MAX : (int8_t)scaled;
}

static inline void lstm_u32_t28_transfer_long_int8_state_c_carry(const int8_t *output, int8_t *input)
{
    for (size_t i = 0; i < lstm_u32_t28_transfer_long_int8_state_c_size; ++i) {
        input[i] = lstm_u32_t28_transfer_long_int8_state_c_rescale(output[i]);
    }
}

static inline void lstm_u32_t28_transfer_long_int8_state_c_reset(int8_t *input)
{
    for (size_t i = 0; i < lstm_u32_t28_transfer_long_int8_state_c_size; ++i) {
        input[i] = -7;
    }
}

/* state_h_out: scale 0.00685531506, zero point 0
 * state_h_in: scale 0.00685531506, zero point 0 */
enum { lstm_u32_t28_transfer_long_int8_state_h_size = 32 };

static inline int8_t lstm_u32_t28_transfer_long_int8_state_h_rescale(int8_t value)
{
    int64_t scaled = ((int64_t)value - (0)) * ((int64_t)1 << 1);
    scaled = (scaled * INT64_C(1073741824) + (INT64_C(1) << 30)) >> 31;
    scaled += 0;
    if (scaled < INT8_MIN) {
        return INT8_MIN;
    }
    return scaled > INT8_MAX ? INT8_MAX : (int8_t)scaled;
}

static inline void lstm_u32_t28_transfer_long_int8_state_h_carry(const int8_t *output, int8_t *input)
{
    for (size_t i = 0; i < lstm_u32_t28_transfer_long_int8_state_h_size; ++i) {
        input[i] = lstm_u32_t28_transfer_long_int8_state_h_rescale(output[i]);
    }
}

static inline void lstm_u32_t28_transfer_long_int8_state_h_reset(int8_t *input)
{
    for (size_t i = 0; i < lstm_u32_t28_transfer_long_int8_state_h_size; ++i) {
        input[i] = 0;
    }
}

#endif /* LSTM_U32_T28_TRANSFER_LONG_INT8_STATES_H */
